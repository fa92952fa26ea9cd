import { type ChildProcess, spawn } from 'node:child_process';

// Ends the process groups of children whose parent is gone. A process that is killed (SIGKILL, out of memory, a crash of Node itself) can end nobody
// behind it, and a child that hangs does not notice that its input closed. So one small shell watches: it holds a pipe from here, and when
// that closes, however that came about, it ends every group that it was told of and not told is over.

export interface Reaper {
  watch(group: number): void;
  forget(group: number): void;
}

/** POSIX sh. Lines are `+ <group>` and `- <group>`; at the end of its input it asks, waits a moment and insists. */
const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r sign group; do
  case $group in ''|*[!0-9]*) continue ;; esac
  case $sign in
    +) groups="$groups$group " ;;
    -) left=' '
       for one in $groups; do [ "$one" = "$group" ] || left="$left$one "; done
       groups=$left ;;
  esac
done
[ "$groups" = ' ' ] && exit 0
for group in $groups; do kill -TERM "-$group" 2>/dev/null; done
sleep 1
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
exit 0
`;

/** Started with the first group. `onMissing` is told once where there is no shell: then only an orderly end reaps. */
export function createReaper(onMissing: () => void): Reaper {
  let shell: ChildProcess | undefined;

  function start(): ChildProcess {
    const started = spawn('/bin/sh', ['-c', SCRIPT], {
      // In a group of its own: what a terminal sends to this process's group is not for it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
    });
    started.on('error', onMissing);
    started.stdin?.on('error', () => {});
    // It waits for us, never we for it.
    started.unref();
    if (started.stdin !== null && 'unref' in started.stdin) (started.stdin as { unref(): void }).unref();
    return started;
  }

  const tell = (line: string): void => {
    shell ??= start();
    shell.stdin?.write(line);
  };
  return {
    watch: (group) => tell(`+ ${group}\n`),
    forget: (group) => tell(`- ${group}\n`),
  };
}
