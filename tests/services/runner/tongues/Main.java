import java.util.*;
public class Main {
    static volatile int spins;
    static int deep(int n) { return n == 0 ? 0 : 1 + deep(n - 1); }
    static int fall(int n) { return fall(n + 1) + spins; }
    public static void main(String[] words) {
        Scanner in = new Scanner(System.in);
        String word = in.next();
        int a = in.nextInt(), b = in.nextInt();
        switch (word) {
            case "sum" -> System.out.print(a + b);
            case "deep" -> System.out.print(deep(a));
            case "throw" -> throw new IllegalStateException("thrown");
            case "loop" -> { while (true) spins++; }
            case "hog" -> { List<long[]> all = new ArrayList<>(); while (true) all.add(new long[100_000]); }
            case "given" -> {
                for (String one : words) System.out.print("[" + one + "]");
                try { System.out.print(new Scanner(new java.io.File("map/a.txt")).nextLine()); } catch (java.io.IOException gone) { System.exit(9); }
            }
            case "fall" -> System.out.print(fall(0));
        }
    }
}
