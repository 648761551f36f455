/** `npm run reference`: writes docs/configuration.md and config.schema.json. */

import { writeFileSync } from "node:fs";
import { jsonSchema } from "./json-schema.js";
import { configurationPage } from "./reference.js";

writeFileSync("docs/configuration.md", configurationPage());
writeFileSync("config.schema.json", jsonSchema());
