reason = הודעה זו נשלחה אליך כי { $email } רשום ל״{ $topic }״ של { $organisation }.
unsubscribe = ביטול הרשמה
browser = לקריאה בדפדפן
tracking = הפסקת המעקב אחריי
