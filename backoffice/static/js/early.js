// Runs before the page is drawn: styles may ask whether scripts run at all.
document.documentElement.classList.add("js");
