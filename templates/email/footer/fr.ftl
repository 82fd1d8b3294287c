reason = Vous recevez ce message parce que { $email } est abonné à « { $topic } » de { $organisation }.
unsubscribe = Se désabonner
preferences = Choisir ce que je reçois
browser = Lire dans le navigateur
tracking = Ne plus me suivre
