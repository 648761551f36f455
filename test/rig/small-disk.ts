/** Disks of a test's own: one that is soon full, and one whose power can be cut. They need a machine that allows mounts. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

export function mountSmallDisk(folder: string, size = "2m"): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "none", folder]).status === 0;
}

/** Also while somebody still has a file open there. */
export function unmount(folder: string): void {
  spawnSync("umount", ["--lazy", folder]);
}

export function canMount(): boolean {
  return tries((folder) => mountSmallDisk(folder));
}

function tries(mount: (folder: string) => boolean): boolean {
  const folder = mkdtempSync(join(tmpdir(), "dslrs-mount-"));
  const isMounted = mount(folder);
  if (isMounted) spawnSync("umount", [folder]);
  rmSync(folder, { recursive: true });
  return isMounted;
}

/** To the last block. */
export function fill(path: string): void {
  for (;;) {
    try {
      writeFileSync(path, Buffer.alloc(4096), { flag: "a" });
    } catch {
      return;
    }
  }
}

export interface ImageDisk {
  /** Where it is mounted. */
  readonly folder: string;
  /** The power is cut: what the disk had by then is mounted there, mended by its journal. */
  cutPower(): Promise<string>;
  remove(): void;
}

/** `undefined`: this machine does not let us. */
export async function createImageDisk(): Promise<ImageDisk | undefined> {
  const directory = mkdtempSync(join(tmpdir(), "dslrs-disk-"));
  const [image, copy] = [join(directory, "image"), join(directory, "copy")];
  const [folder, after] = [join(directory, "disk"), join(directory, "after")];
  const remove = () => {
    for (const mounted of [folder, after]) unmount(mounted);
    rmSync(directory, { recursive: true });
  };

  mkdirSync(folder);
  mkdirSync(after);
  await execa("truncate", ["-s", "64M", image]);
  const made = await execa("mkfs.ext4", ["-q", "-F", image], { reject: false });
  if (made.failed || !(await mountImage(image, folder))) {
    remove();
    return undefined;
  }
  return {
    folder,
    async cutPower() {
      await execa("cp", ["--sparse=always", image, copy]);
      // 1: it had something to mend.
      const { exitCode = 8 } = await execa("e2fsck", ["-fy", copy], { reject: false });
      if (exitCode > 1 || !(await mountImage(copy, after))) throw new Error(`the disk is lost: e2fsck ${exitCode}`);
      return after;
    },
    remove,
  };
}

async function mountImage(image: string, folder: string): Promise<boolean> {
  return !(await execa("mount", ["-o", "loop", image, folder], { reject: false })).failed;
}
