// Has room for a hundred laps.
import java.util.Scanner;

public class HundredLaps {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        int[] times = new int[100];
        int n = in.nextInt(), total = 0, which = 0;
        for (int i = 0; i < n; i++) {
            String[] parts = in.next().split(":");
            times[i] = 60 * Integer.parseInt(parts[0]) + Integer.parseInt(parts[1]);
            total += times[i];
            if (times[i] < times[which]) which = i;
        }
        System.out.printf("%d:%02d:%02d%n%d%n", total / 3600, total / 60 % 60, total % 60, which + 1);
    }
}
