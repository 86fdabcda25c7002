// Shows the model card.

import { openDialog } from "./dialogs.js";
import { byId } from "./elements.js";

byId("show-card").addEventListener("click", () => openDialog(byId("model-card")));
