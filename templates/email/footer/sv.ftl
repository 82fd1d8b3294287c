reason = Du får det här meddelandet eftersom { $email } prenumererar på ”{ $topic }” från { $organisation }.
unsubscribe = Avsluta prenumerationen
preferences = Välj vad du får
browser = Läs i webbläsaren
tracking = Sluta spåra mig
