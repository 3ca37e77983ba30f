// The page that one is on stays in sight in the navigation.
document.querySelector("#navigation [aria-current]")?.scrollIntoView({ block: "nearest" });
