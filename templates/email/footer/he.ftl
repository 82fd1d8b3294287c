reason = הודעה זו נשלחה אליך כי { $email } רשום ל״{ $topic }״ של { $organisation }.
unsubscribe = ביטול הרשמה
preferences = לבחור מה לקבל
browser = לקריאה בדפדפן
tracking = הפסקת המעקב אחריי
