reason = Você recebe esta mensagem porque { $email } está inscrito em “{ $topic }” de { $organisation }.
unsubscribe = Cancelar inscrição
preferences = Escolher o que recebo
browser = Ler no navegador
tracking = Parar de me rastrear
