// What the pages' scripts expect around them: here there is no Dash, and an address that nobody shares.
(function () {
    "use strict";
    window.dash_clientside = {no_update: Symbol("keep"), callback_context: {triggered_id: null}};
    window.history.replaceState = () => {};
})();
