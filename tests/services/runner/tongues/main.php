<?php
function deep($n) { return $n === 0 ? 0 : 1 + deep($n - 1); }
function fall($n) { return fall($n + 1) + 1; }

[$word, $a, $b] = explode(" ", trim(fgets(STDIN)));
switch ($word) {
    case "sum": echo (ctype_digit($a) ? (int)$a : 0) + (int)$b; break;
    case "deep": echo deep((int)$a); break;
    case "throw": throw new Exception("thrown");
    case "loop": while (true);
    case "hog": for ($all = [];;) $all[] = str_repeat("x", 1 << 20);
    case "given": foreach (array_slice($argv, 1) as $one) echo "[$one]"; echo file_get_contents("map/a.txt"); break;
    case "fall": fall(0);
}
