reason = Recebe esta mensagem porque { $email } subscreveu «{ $topic }» de { $organisation }.
unsubscribe = Cancelar a subscrição
preferences = Escolher o que recebo
browser = Ler no navegador
tracking = Deixar de me rastrear
