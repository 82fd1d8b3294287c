reason = You receive this because { $email } is subscribed to { $topic } from { $organisation }.
unsubscribe = Unsubscribe
preferences = Choose what you get
browser = Read in your browser
tracking = Stop tracking me
