reason = Recibe este mensaje porque { $email } está suscrito a «{ $topic }» de { $organisation }.
unsubscribe = Darse de baja
preferences = Elegir lo que recibo
browser = Leer en el navegador
tracking = Dejar de rastrearme
