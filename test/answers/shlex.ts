import { python } from './python.ts';

/**
 * A kickstart file as pykickstart reads it: its lines by str.splitlines, each by shlex, up to the sections, whose lines stay as they are.
 * (Debian has no package of pykickstart.)
 */
export const readKickstart = (text: string): { commands: string[][]; sections: Record<string, string[]> } =>
  python(
    `import shlex
commands, sections, section = [], {}, None
for line in given.splitlines():
    word = line.split(" ")[0]
    if section is not None:
        if word == "%end": section = None
        else: sections[section].append(line)
    elif word in ("%packages", "%post", "%pre", "%addon"):
        section = word
        sections[word] = []
    elif line.strip() and not line.lstrip().startswith("#"):
        commands.append(shlex.split(line))
assert section is None
print(json.dumps({"commands": commands, "sections": sections}))`,
    text,
  ) as ReturnType<typeof readKickstart>;
