// Keeps the queue of approvals fresh: fetches the same page every two seconds while it is visible, and takes over what
// differs, cell by cell. What somebody is using (the focus, a ticked box, a scrolled block) stays as it is.
"use strict";
{
    const SECONDS = 2;
    const LONGEST = 10;

    const note = document.getElementById("queue-note");
    const state = document.getElementById("queue-state");

    function say(element, text) {
        // Only when it differs: a screen reader reads out each change.
        if (element.textContent !== text) {
            element.textContent = text;
        }
    }

    function inUse(element) {
        return element.contains(document.activeElement) && document.activeElement !== document.body;
    }

    function keyOf(row) {
        const link = row.querySelector("a[href*='/approval/']");
        return link ? link.getAttribute("href") : "";
    }

    function updateCells(row, fresh) {
        Array.from(row.cells).forEach((cell, place) => {
            const other = fresh.cells[place];
            const isBox = cell.querySelector("input.action-select");
            if (other && !isBox && !inUse(cell) && cell.innerHTML !== other.innerHTML) {
                cell.replaceChildren(...document.importNode(other, true).childNodes);
            }
        });
    }

    function updateRows(body, freshRows) {
        const known = new Map(Array.from(body.rows, (row) => [keyOf(row), row]));
        let next = body.firstElementChild;
        for (const fresh of freshRows) {
            const row = known.get(keyOf(fresh)) || document.importNode(fresh, true);
            known.delete(keyOf(fresh));
            updateCells(row, fresh);
            if (row === next) {
                next = row.nextElementSibling;
            } else if (!inUse(row)) { // to move it would take the focus away
                body.insertBefore(row, next);
            }
        }
        for (const gone of known.values()) {
            if (!inUse(gone)) {
                gone.remove();
            }
        }
    }

    function update(page) {
        const form = document.getElementById("changelist-form");
        const fresh = page.getElementById("changelist-form");
        const body = document.querySelector("#result_list tbody");
        const freshBody = page.querySelector("#result_list tbody");
        if (body) {
            updateRows(body, freshBody ? Array.from(freshBody.rows) : []);
        } else if (freshBody && !inUse(form)) {
            form.replaceChildren(...document.importNode(fresh, true).childNodes);
            if (window.Actions && form.querySelector("tr input.action-select")) {
                window.Actions(form.querySelectorAll("tr input.action-select"));
            }
        }
        say(note, page.getElementById("queue-note").textContent);
        say(state, "This list updates by itself.");
    }

    async function refresh() {
        const answer = await fetch(window.location.href, {
            credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(LONGEST * 1000),
        });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (answer.ok && page.getElementById("queue-note")) {
            update(page);
            return true;
        }
        if (answer.ok || answer.status === 403) { // the page to sign in, or no permission any more
            say(state, "This list has stopped: sign in again.");
            return false;
        }
        throw new Error(answer.status);
    }

    async function watch() {
        let goesOn = true;
        while (goesOn) {
            await new Promise((done) => setTimeout(done, SECONDS * 1000));
            if (document.visibilityState !== "visible") {
                continue;
            }
            try {
                goesOn = await refresh();
            } catch {
                say(state, "This list could not be updated. Trying again.");
            }
        }
    }

    if (note && state) {
        say(state, "This list updates by itself.");
        watch();
    }
}
