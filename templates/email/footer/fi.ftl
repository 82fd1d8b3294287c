reason = Saat tämän viestin, koska { $email } on tilannut aiheen ”{ $topic }” lähettäjältä { $organisation }.
unsubscribe = Peruuta tilaus
preferences = Valitse, mitä saat
browser = Lue selaimessa
tracking = Lopeta seurantani
