{$mode objfpc}
program main;
uses sysutils;

var
  line, word: string;
  a, b, i, spins: longint;
  map: text;
  piece: pointer;

function deep(n: longint): longint;
begin
  if n = 0 then deep := 0 else deep := 1 + deep(n - 1);
end;

function fall(n: longint): longint;
begin
  fall := fall(n + 1) + spins;
end;

begin
  readln(line);
  word := copy(line, 1, pos(' ', line) - 1);
  delete(line, 1, pos(' ', line));
  a := strtoint(copy(line, 1, pos(' ', line) - 1));
  delete(line, 1, pos(' ', line));
  b := strtoint(trim(line));
  if word = 'sum' then write(a + b);
  if word = 'deep' then write(deep(a));
  if word = 'throw' then raise exception.create('thrown');
  if word = 'loop' then while true do inc(spins);
  if word = 'hog' then while true do begin getmem(piece, 1048576); fillchar(piece^, 1048576, 1); end;
  if word = 'given' then
  begin
    for i := 1 to paramcount do write('[', paramstr(i), ']');
    assign(map, 'map/a.txt');
    reset(map);
    readln(map, line);
    write(line);
  end;
  if word = 'fall' then write(fall(0));
end.
