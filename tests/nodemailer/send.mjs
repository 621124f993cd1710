// One mail by nodemailer. Arguments: the folder with node_modules, and the mail with its transport as JSON.
// Prints what the server said; exits 1 if the mail was refused. It talks to the port that it is given, and to nothing else.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, given] = process.argv.slice(2);
const nodemailer = createRequire(join(folder, "package.json"))("nodemailer");
const { transport, mail } = JSON.parse(given);
try {
  const sent = await nodemailer.createTransport(transport).sendMail(mail);
  console.log(sent.response, JSON.stringify(sent.rejected));
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
