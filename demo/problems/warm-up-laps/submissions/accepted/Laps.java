import java.util.Scanner;

public class Laps {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), total = 0, best = Integer.MAX_VALUE, which = 0;
        for (int i = 1; i <= n; i++) {
            String[] parts = in.next().split(":");
            int time = 60 * Integer.parseInt(parts[0]) + Integer.parseInt(parts[1]);
            total += time;
            if (time < best) {
                best = time;
                which = i;
            }
        }
        System.out.printf("%d:%02d:%02d%n%d%n", total / 3600, total / 60 % 60, total % 60, which);
    }
}
