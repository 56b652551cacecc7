// Says before the first paint that scripts run, so that nothing appears or goes later.
document.documentElement.classList.add('js');
