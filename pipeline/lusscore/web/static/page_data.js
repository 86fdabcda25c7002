// What the server wrote into the page.

export const pageData = JSON.parse(document.getElementById("page-data").textContent);

export const postToken = document.querySelector('meta[name="lusscore-token"]').content;

export const zoneLabels = new Map(pageData.protocol.zones.map((zone) => [zone.name, zone.label]));
