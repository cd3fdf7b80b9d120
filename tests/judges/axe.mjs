// Opens HTML files in Chromium, each at three widths, light and dark, images on and off, and once without its <style>.
// usage: node axe.mjs FILE.html…   prints a JSON list of complaints; JUDGE_SHOTS=folder keeps a picture of every view.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const shots = process.env.JUDGE_SHOTS;
const complaints = [];

async function judge(page, name, view) {
  const width = page.viewportSize().width;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > width) complaints.push(`${name}, ${view}: ${wide} pixels wide, the screen has ${width}`);
  const found = await page.evaluate((only) => axe.run(document, { runOnly: only, resultTypes: ["violations"] }), tags);
  for (const { id, impact, nodes } of found.violations) {
    if (impact === "serious" || impact === "critical") {
      complaints.push(`${name}, ${view}: ${id} (${impact}) ${nodes.length} times, first ${nodes[0].html.slice(0, 160)}`);
    }
  }
  if (shots) await page.screenshot({ path: path.join(shots, `${name}-${view.replaceAll(/,? /g, "-")}.png`), fullPage: true });
}

for (const images of ["on", "off"]) {
  const args = ["--no-sandbox", "--disable-gpu", ...(images === "off" ? ["--blink-settings=imagesEnabled=false"] : [])];
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args });
  for (const file of process.argv.slice(2)) {
    const name = path.basename(file, ".html");
    const address = pathToFileURL(path.resolve(file)).href;
    const page = await browser.newPage();
    await page.route("**/*", (route) => {
      const asked = route.request().url();
      if (asked === address) return route.continue();
      complaints.push(`${name}, images ${images}: asks for ${asked}`);
      return route.abort();
    });
    await page.goto(address);
    await page.evaluate(axe);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      for (const width of [375, 600, 800]) {
        await page.setViewportSize({ width, height: 900 });
        await judge(page, name, `${colorScheme}, ${width}, images ${images}`);
      }
    }
    if (images === "on") {
      await page.evaluate(() => document.querySelectorAll("style").forEach((one) => one.remove()));
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 375, height: 900 });
      await judge(page, name, "light, 375, without style");
    }
    await page.close();
  }
  await browser.close();
}
console.log(JSON.stringify(complaints));
