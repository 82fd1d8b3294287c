// Tells pages the reader's time zone, for times that are typed.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `pharos_zone=${zone}; Path=/admin; Max-Age=31536000; SameSite=Lax`;
