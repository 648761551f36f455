/** All files of the outputs of one root, wherever the path templates of today and of before put them. */

import { type Catalogue, createCatalogue, type Listing, pathOfFile, type RecordedFile } from "./catalogue.js";
import { layoutOf, USUAL_TEMPLATES } from "./layout.js";

export interface Owner {
  readonly stream: string;
  readonly output: string;
}

export interface LibraryParts {
  readonly root: string;
  readonly now: () => number;
  /** By which the files of an output may lie, beside its template of today. */
  readonly templatesOf: (owner: Owner) => readonly string[];
  /** Told of every look that found something else than the one before; `undefined`: there is nothing any more. */
  readonly onLook?: (owner: Owner, listing: Listing | undefined) => void;
}

export interface Library {
  /** `undefined`: it has no folder yet. */
  look(output: Owner & { readonly template?: string }): Promise<Listing | undefined>;
  /** Outputs that have files as they lie by default, with the template that finds them. */
  discover(): Promise<readonly (Owner & { readonly template: string })[]>;
  /** The next look at an output counts as one that found something else. */
  forget(): void;
}

/** The output of files that do not name one. */
const PLAIN_OUTPUT = "record";

export function createLibrary({ root, now, templatesOf, onLook }: LibraryParts): Library {
  const catalogues = new Map<string, Catalogue>();
  const seen = new Map<string, readonly (Listing | undefined)[]>();
  const merged = new Map<string, Listing>();

  function catalogueOf(template: string): Catalogue {
    const catalogue = catalogues.get(template) ?? createCatalogue({ root, layout: layoutOf(template), now });
    catalogues.set(template, catalogue);
    return catalogue;
  }

  async function look({ stream, output, template }: Owner & { readonly template?: string }) {
    const owner = { stream, output };
    const templates = new Set([...(template === undefined ? [] : [template]), ...templatesOf(owner)]);
    const listings: (Listing | undefined)[] = [];
    for (const each of templates) listings.push(await catalogueOf(each).look());
    const key = `${stream}/${output}`;
    const before = seen.get(key);
    if (before?.length === listings.length && before.every((each, index) => each === listings[index])) {
      return merged.get(key);
    }
    seen.set(key, listings);
    const listing = mergedListing(listings.filter((each) => each !== undefined));
    if (listing) merged.set(key, listing);
    else merged.delete(key);
    onLook?.(owner, listing);
    return listing;
  }

  return {
    look,
    async discover() {
      const found = new Map<string, Owner & { readonly template: string }>();
      for (const template of USUAL_TEMPLATES) {
        const listing = await createCatalogue({ root, layout: layoutOf(template), now }).look();
        for (const { stream = "", output = PLAIN_OUTPUT } of listing?.files ?? []) {
          const filled = template.replaceAll("{stream}", stream).replaceAll("{output}", output);
          found.set(filled, { stream, output, template: filled });
        }
      }
      return [...found.values()];
    },
    forget: () => seen.clear(),
  };
}

function mergedListing(listings: readonly Listing[]): Listing | undefined {
  const [first, ...others] = listings;
  if (!first || others.length === 0) return first;
  const files = new Map<string, RecordedFile>();
  for (const file of listings.flatMap((each) => each.files)) files.set(pathOfFile(file), file);
  const unfinished = new Map(listings.flatMap((each) => each.unfinished).map((file) => [file.path, file]));
  return {
    files: [...files.values()].sort((a, b) => a.startedAt - b.startedAt),
    unfinished: [...unfinished.values()],
    device: first.device,
  };
}
