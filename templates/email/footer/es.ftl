reason = Recibe este mensaje porque { $email } está suscrito a «{ $topic }» de { $organisation }.
unsubscribe = Darse de baja
browser = Leer en el navegador
tracking = Dejar de rastrearme
