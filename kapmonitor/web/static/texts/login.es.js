export default {
  "login.title": "Entrar",
  "login.user": "Usuario",
  "login.password": "Contraseña",
  "login.where": "El usuario y la contraseña aparecen donde se inició el servicio.",
  "login.wrong": "El usuario o la contraseña no son correctos.",
  "login.wait": "Demasiados intentos fallidos desde este ordenador. Vuelva a probar dentro de {minutes} min."
};
