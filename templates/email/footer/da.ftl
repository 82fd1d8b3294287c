reason = Du modtager denne besked, fordi { $email } abonnerer på »{ $topic }« fra { $organisation }.
unsubscribe = Afmeld
preferences = Vælg, hvad du får
browser = Læs i browseren
tracking = Stop med at spore mig
