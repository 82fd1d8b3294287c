reason = Du modtager denne besked, fordi { $email } abonnerer på »{ $topic }« fra { $organisation }.
unsubscribe = Afmeld
browser = Læs i browseren
tracking = Stop med at spore mig
