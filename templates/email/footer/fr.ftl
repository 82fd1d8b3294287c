reason = Vous recevez ce message parce que { $email } est abonné à « { $topic } » de { $organisation }.
unsubscribe = Se désabonner
browser = Lire dans le navigateur
tracking = Ne plus me suivre
