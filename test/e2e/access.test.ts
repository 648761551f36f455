/** Users with passwords: who gets in, with players of the field, and what an edit of the config changes at once. */

import { execa } from "execa";
import { playWithFfmpeg, playWithGStreamer } from "../rig/media.js";
import { playRtsp, RtspRefused } from "../rig/rtsp-viewer.js";
import { configOf, PATTERN, served, testRig, workerPids } from "./rig.js";

const rig = testRig();

/** Of secret1, secret2 and secret3. */
const ANNA = "3447102996c497132c82cd8d82c4ec40";
const BOB = "eea9b814e816a8a7a4a3bc60d2b70aef";
const ANNA_LATER = "8640e6c3e5f52f363f2aa44387748d6f";

const users = (anna: string) => [`users: { anna: { hash: "${anna}" }, bob: { hash: "${BOB}" } }`];

async function refusalOf(playing: Promise<unknown>): Promise<number> {
  return playing.then(
    () => 200,
    (error: unknown) => (error instanceof RtspRefused ? error.status : Promise.reject(error)),
  );
}

test("viewers get in with their password; an edit lets others in and puts out who may not stay", async () => {
  const streams = { cam: served(PATTERN), den: served(PATTERN, "viewers: [bob]") };
  const instance = await rig.instance((ports) => configOf(ports, streams, users(ANNA)));
  const ports = { rtsp: instance.rtspPort, cameras: instance.cameraPorts };
  await instance.up();
  await instance.running("cam", "den");
  const pids = await workerPids(instance);
  const url = instance.rtspUrl("/cam");
  const as = (name: string, password: string, mount = "/cam") =>
    instance.rtspUrl(mount).replace("//", `//${name}:${password}@`);

  await playWithFfmpeg(as("anna", "secret1"), "tcp");
  await playWithGStreamer(url, 5, ["user-id=anna", "user-pw=secret1"]);
  await expect(playWithFfmpeg(as("anna", "secret2"), "tcp")).rejects.toThrow();
  expect(await refusalOf(playRtsp(url))).toBe(401);
  expect(await refusalOf(playRtsp(as("anna", "secret1", "/den")))).toBe(403);
  const anna = await rig.viewer(as("anna", "secret1"));
  const bob = await rig.viewer(as("bob", "secret2", "/den"));
  await Promise.all([anna.frames(2), bob.frames(2)]);

  instance.writeConfig(configOf(ports, streams, users(ANNA_LATER)));
  await anna.closed;
  expect(await refusalOf(playRtsp(as("anna", "secret1")))).toBe(401);
  const again = await rig.viewer(as("anna", "secret3"));
  await Promise.all([again.frames(2), bob.moreFrames(5)]);
  expect(bob.tracks[0]?.lost).toBe(0);

  instance.writeConfig(configOf(ports, { ...streams, cam: served(PATTERN, "viewers: []") }, users(ANNA_LATER)));
  await again.closed;
  await bob.moreFrames(5);
  expect(await workerPids(instance)).toEqual(pids);
  expect((await instance.stream("cam")).outputs).toMatchObject([{ access: "nobody" }]);

  const told = [(await instance.run("events", "cam")).stdout, instance.output()];
  for (const text of told) expect(text).toContain("the password is wrong");
  // The copy of the config has what the config has.
  const spec = await execa(
    "grep",
    ["-rlE", "--exclude=config.json", `${ANNA}|${BOB}|secret[123]`, instance.instanceDirectory],
    {
      reject: false,
    },
  );
  expect(spec.stdout).toBe("");
});

test("wrong passwords at one stream count at all of them", async () => {
  const instance = await rig.instance((ports) =>
    configOf(ports, { cam: served(PATTERN), den: served(PATTERN) }, users(ANNA)),
  );
  await instance.up();
  await instance.running("cam", "den");

  async function guess(mount: string, name: string): Promise<number> {
    const answer = await refusalOf(playRtsp(instance.rtspUrl(mount).replace("//", `//${name}:wrong@`)));
    if (answer === 401) await instance.logged(({ message }) => message.includes(`as "${name}"`));
    return answer;
  }

  // Each of them looks at nine by itself before an address has to wait.
  const answers: number[] = [];
  for (let count = 0; count < 9; count += 1) {
    answers.push(await guess("/cam", `cam${count}`), await guess("/den", `den${count}`));
  }
  expect(answers.slice(0, 4)).toEqual([401, 401, 401, 401]);
  expect(answers).toContain(403);
});
