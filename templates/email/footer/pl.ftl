reason = Otrzymujesz tę wiadomość, ponieważ { $email } subskrybuje „{ $topic }” od { $organisation }.
unsubscribe = Wypisz się
preferences = Wybierz, co otrzymujesz
browser = Przeczytaj w przeglądarce
tracking = Przestań mnie śledzić
