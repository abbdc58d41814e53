using System;
using System.Collections.Generic;

class Program {
    static volatile int spins;
    static int Deep(int n) { return n == 0 ? 0 : 1 + Deep(n - 1); }
    static int Fall(int n) { return Fall(n + 1) + spins; }

    static void Main(string[] given) {
        var words = Console.ReadLine().Split(' ');
        int a = int.Parse(words[1]), b = int.Parse(words[2]);
        switch (words[0]) {
            case "sum": Console.Write(a + b); break;
            case "deep": Console.Write(Deep(a)); break;
            case "throw": throw new InvalidOperationException("thrown");
            case "loop": while (true) spins++;
            case "hog": for (var all = new List<long[]>();;) { var piece = new long[100000]; for (int i = 0; i < piece.Length; i++) piece[i] = i; all.Add(piece); }
            case "given": foreach (var one in given) Console.Write("[" + one + "]"); Console.Write(System.IO.File.ReadAllText("map/a.txt")); break;
            case "fall": Console.Write(Fall(0)); break;
        }
    }
}
