import { bitrateText, bytesText, countText, durationText } from "../../src/report/units.js";

test.each([
  [-3, "0s"],
  [59.9, "59s"],
  [60, "1m"],
  [3_599, "59m"],
  [3_600, "1h00m"],
  [36_000, "10h"],
  [90_000, "1d1h"],
  [86_400 * 123, "123d"],
])("%d seconds are %s", (seconds, text) => expect(durationText(seconds)).toBe(text));

test.each([
  [0, "0kb/s"],
  [512_300, "512kb/s"],
  [999_600, "1.0Mb/s"],
  [9_960_000, "10Mb/s"],
])("%d bits a second are %s", (rate, text) => expect(bitrateText(rate)).toBe(text));

test.each([
  [12, "12B"],
  [1023, "1.0K"],
  [9.4 * 1024 ** 2, "9.4M"],
  [256 * 1024 ** 2, "256M"],
  [1.5 * 1024 ** 4, "1.5T"],
])("%d bytes are %s", (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [0, "0"],
  [9_999, "9999"],
  [12_400, "12k"],
  [999_600, "1.0M"],
  [120_000_000, "120M"],
  [3_400_000_000, "3.4G"],
])("%d frames are %s", (count, text) => expect(countText(count)).toBe(text));
