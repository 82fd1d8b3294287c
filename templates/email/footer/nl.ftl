reason = U ontvangt dit bericht omdat { $email } is geabonneerd op ‘{ $topic }’ van { $organisation }.
unsubscribe = Afmelden
preferences = Kies wat u ontvangt
browser = In de browser lezen
tracking = Volg mij niet meer
