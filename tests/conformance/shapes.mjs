// Compares answers with a client's own declarations (its .d.ts files): every required field is
// there and every known field has the declared type.

import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const primitives = ['string', 'number', 'boolean', 'object'];

export class Shapes {
  #interfaces = new Map();
  #values = new Map(); // of enums

  constructor(folder) {
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.d.ts')) {
        this.#read(readFileSync(join(folder, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''));
      }
    }
  }

  #read(text) {
    for (const [, name, body] of text.matchAll(/interface (\w+)[^{]*\{([\s\S]*?)\n\}/g)) {
      const fields = [...body.matchAll(/^\s+(?:readonly )?'?(\w+)'?(\?)?: (.+);$/gm)];
      this.#interfaces.set(
        name, fields.map(([, key, optional, type]) => ({key, required: !optional, type})));
    }
    for (const [, name, body] of text.matchAll(
           /declare (?:const|enum) (\w+):? \{([\s\S]*?)\n\}/g)) {
      this.#values.set(name, [...body.matchAll(/"([^"]*)"/g)].map(([, value]) => value));
    }
  }

  fields(name) {
    const fields = this.#interfaces.get(name);
    if (fields === undefined) {
      throw new Error(`no declaration of ${name}`);
    }
    return fields;
  }

  /// What is wrong with `value` as a `name`: a list of sentences, each once, empty if nothing is.
  problems(name, value) {
    this.fields(name);
    return [...new Set(this.#of(name, value, name))];
  }

  #of(type, value, path) {
    if (type.includes(' | ')) {
      const parts = type.split(' | ').map((part) => this.#of(part, value, path));
      return parts.some((part) => part.length === 0) ? [] : parts[0];
    }
    const list = /^Array<(.+)>$/.exec(type) ?? /^(\w+)\[\]$/.exec(type);
    if (list !== null) {
      return Array.isArray(value) ? value.flatMap((item) => this.#of(list[1], item, `${path}[]`)) :
                                    [`${path} is no list`];
    }
    if (this.#interfaces.has(type)) {
      return this.#of_object(type, value, path);
    }
    if (this.#values.has(type)) {
      return this.#values.get(type).includes(value) ?
        [] :
        [`${path} is ${JSON.stringify(value)}, no ${type}`];
    }
    if (type.startsWith('"')) {
      return value === JSON.parse(type) ? [] : [`${path} is not ${type}`];
    }
    if (type === 'null') {
      return value === null ? [] : [`${path} is not null`];
    }
    const known = primitives.includes(type);
    return known && typeof value !== type ? [`${path} is ${JSON.stringify(value)}, no ${type}`] :
                                            [];
  }

  #of_object(type, value, path) {
    if (typeof value !== 'object' || value === null) {
      return [`${path} is no ${type}`];
    }
    return this.#interfaces.get(type).flatMap(({key, required, type: of}) => {
      if (value[key] === undefined) {
        return required ? [`${path}.${key} is missing`] : [];
      }
      return this.#of(of, value[key], `${path}.${key}`);
    });
  }
}
