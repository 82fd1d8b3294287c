reason = Du mottar denne meldingen fordi { $email } abonnerer på «{ $topic }» fra { $organisation }.
unsubscribe = Meld deg av
preferences = Velg hva du får
browser = Les i nettleseren
tracking = Slutt å spore meg
