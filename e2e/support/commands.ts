import type { Ended, Switchyard } from './switchyard.ts';

/** Every command that does something, as it is typed: the program's own --help tells of them. */
export async function readCommands(switchyard: Switchyard, ...group: string[]): Promise<string[]> {
  const { stdout } = await switchyard.command([...group, '--help']);
  const below = /^Commands:\n((?: .*(?:\n|$))+)/m.exec(stdout)?.[1];
  if (below === undefined) return [group.join(' ')];
  const listed = [...below.matchAll(/^ {2}(\S+)( [<[]\S+)?/gm)].filter((match) => match[1] !== 'help');
  const names = await Promise.all(
    listed.map(async ([, name = '', takes]): Promise<string[]> =>
      takes === undefined ? readCommands(switchyard, ...group, name) : [[...group, name].join(' ')],
    ),
  );
  return names.flat();
}

/** Gives the output of a command that must succeed. */
export async function run(switchyard: Switchyard, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await switchyard.command(args);
  if (status !== 0) throw new Error(`switchyard ${args.join(' ')} ended with ${status}:\n${stderr}${stdout}`);
  return stdout.trim();
}

/** Many commands, as many at once as this machine has cores; the results in the order of the commands. */
export async function runAll(switchyard: Switchyard, commands: readonly (readonly string[])[]): Promise<Ended[]> {
  const ended: Ended[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < commands.length; at = next++) ended[at] = await switchyard.command(commands[at] ?? []);
  };
  await Promise.all([work(), work()]);
  return ended;
}
