reason = Sie erhalten diese Nachricht, weil { $email } „{ $topic }“ von { $organisation } abonniert hat.
unsubscribe = Abbestellen
preferences = Auswählen, was ich bekomme
browser = Im Browser lesen
tracking = Nicht mehr erfassen, was ich lese
