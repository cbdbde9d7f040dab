import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metafile, Plugin } from 'esbuild';

const RULE = '='.repeat(80);

/**
 * Writes a file with the licence texts of all packages whose code is in the build; given to several builds, of all of them
 * together. What is in a build comes from its metafile, so that a package which is bundled one day is not forgotten.
 */
export function listLicenses(file: string): Plugin {
  const folders = new Set<string>();
  return {
    name: 'list-licenses',
    setup(build) {
      build.onEnd(({ metafile }) => {
        if (metafile === undefined) throw new Error('the build gives no metafile to tell what is in it');
        for (const folder of bundledPackages(metafile)) folders.add(folder);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, describeLicenses([...folders].sort()));
      });
    },
  };
}

/** Folders of the packages that code of a build comes from. */
function bundledPackages({ outputs }: Metafile): string[] {
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  return used.flatMap(([path]) => /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
}

function describeLicenses(folders: readonly string[]): string {
  const parts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly version: string;
      readonly license?: string;
    };
    return `${RULE}\n${name} ${version}\nLicence: ${license ?? 'see below'}\n${RULE}\n\n${readLicense(folder)}\n`;
  });
  return ['This package holds code of the following packages, each under its own licence.\n', ...parts].join('\n');
}

function readLicense(folder: string): string {
  const names = readdirSync(folder).filter((name) => /^(?:licen[cs]e|copying|notice)/i.test(name));
  if (names.length === 0) throw new Error(`${folder} is bundled and comes without a licence text`);
  return names
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim())
    .join('\n\n');
}
