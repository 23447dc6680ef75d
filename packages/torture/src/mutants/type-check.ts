/** Whether the compiler notices a mutant: it reads the sources before any test does. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { applied } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const readText = (path: string): string | undefined => ts.sys.readFile(path);

export class TypeCheck {
  readonly #top: string;
  readonly #changed = new Map<string, { readonly text: string; readonly version: number }>();
  readonly #service: ts.LanguageService;
  #version = 0;

  constructor(top: string, files: readonly string[]) {
    this.#top = top;
    this.#service = ts.createLanguageService(this.#host(files.map((file) => join(top, file))));
  }

  notices(mutant: Mutant): boolean {
    const path = join(this.#top, mutant.file);
    const source = readFileSync(path, 'utf8');
    this.#set(path, applied(source, mutant));
    const errors = [
      ...this.#service.getSyntacticDiagnostics(path),
      ...this.#service.getSemanticDiagnostics(path),
    ];
    this.#set(path, source);
    return errors.length > 0;
  }

  #set(path: string, text: string): void {
    this.#version += 1;
    this.#changed.set(path, { text, version: this.#version });
  }

  #host(paths: readonly string[]): ts.LanguageServiceHost {
    const { config } = ts.readConfigFile(join(this.#top, 'tsconfig.base.json'), readText);
    const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, this.#top);
    const textOf = (path: string): string | undefined =>
      this.#changed.get(path)?.text ?? readText(path);
    return {
      getCompilationSettings: () => ({
        ...options,
        composite: false,
        declarationMap: false,
        isolatedDeclarations: false,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        noEmit: true,
        noUnusedLocals: false,
      }),
      getScriptFileNames: () => [...paths],
      getScriptVersion: (path) => String(this.#changed.get(path)?.version ?? 0),
      getScriptSnapshot: (path) => {
        const text = textOf(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => this.#top,
      getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
      fileExists: (path) => ts.sys.fileExists(path),
      readFile: textOf,
      directoryExists: (path) => ts.sys.directoryExists(path),
      realpath: (path) => realpathSync(path),
    };
  }
}
