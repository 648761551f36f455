import { cli } from "./cli.js";

test.each([
  [["stauts"], "Did you mean status"],
  [["status", "--jsno"], "--json"],
  [["status", "extra"], "too many arguments"],
  [["pause"], "stream"],
  [["up"], "config"],
  [["logs", "cam", "-n", "many"], "whole number"],
  [["add", "cam"], "--source"],
  [["add", "cam", "--source", "rtsp://x", "--record", "avi"], "mkv, mp4"],
  [["status", "--instance", "../x"], "letter or digit"],
  [["pause", "Front Door"], "cannot be the name"],
  [[], "Usage: dslrs"],
])("wrong usage %j ends with 2 and says what is wrong", async (argv, said) => {
  const { code, stdout, stderr } = await cli(argv);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
  expect(stdout).toBe("");
});

test("--version and --help end with 0", async () => {
  expect(await cli(["--version"])).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
  const help = await cli(["status", "--help"]);
  expect(help.code).toBe(0);
  expect(help.stdout).toContain("--runtime-dir");
});
