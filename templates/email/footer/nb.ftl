reason = Du mottar denne meldingen fordi { $email } abonnerer på «{ $topic }» fra { $organisation }.
unsubscribe = Meld deg av
browser = Les i nettleseren
tracking = Slutt å spore meg
