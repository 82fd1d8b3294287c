reason = Tuto zprávu dostáváte, protože { $email } odebírá „{ $topic }“ od { $organisation }.
unsubscribe = Odhlásit odběr
preferences = Vybrat, co dostávám
browser = Číst v prohlížeči
tracking = Přestat mě sledovat
