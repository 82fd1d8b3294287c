reason = Ricevi questo messaggio perché { $email } è iscritto a «{ $topic }» di { $organisation }.
unsubscribe = Annulla l’iscrizione
preferences = Scegli cosa ricevere
browser = Leggi nel browser
tracking = Non tracciarmi più
