reason = تصلك هذه الرسالة لأن { $email } مشترك في «{ $topic }» من { $organisation }.
unsubscribe = إلغاء الاشتراك
preferences = اختر ما يصلك
browser = القراءة في المتصفح
tracking = إيقاف تتبّعي
