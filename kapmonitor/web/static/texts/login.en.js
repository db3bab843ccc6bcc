export default {
  "login.title": "Log in",
  "login.user": "User",
  "login.password": "Password",
  "login.where": "Log-in and password are printed where the service was started.",
  "login.wrong": "User or password is wrong.",
  "login.wait": "Too many wrong tries from this computer. Try again in {minutes} min."
};
