// What HTMX does not do by itself. Everything here only adds: each page works without it.
// The order counts where two modules handle the same event: drafts are restored before conditional fields read them.
import "./csrf.js";
import "./live_fragments.js";
import "./swaps.js";
import "./presence.js";
import "./drafts.js";
import "./conditional_fields.js";
import "./uploads.js";
import "./shared_files.js";
import "./bad_input.js";
import "./forms.js";
import "./proof_of_work.js";
import "./passkeys.js";
import "./dialogs.js";
import "./menus.js";
import "./current_links.js";
import "./clipboard.js";
import "./composer.js";
import "./toolbar.js";
import "./paste.js";
import "./suggestions.js";
import "./palette.js";
import "./undo.js";
import "./conversation.js";
import "./selects.js";
import "./bulk.js";
import "./shortcuts.js";
import "./relative_times.js";
import "./time_zone.js";
import "./signed_out.js";
import "./platform.js";
import "./on_screen_keyboard.js";
import "./by_need.js";
import "./live.js";

if (document.querySelector("[data-chart]")) import("./chart_keys.js");
