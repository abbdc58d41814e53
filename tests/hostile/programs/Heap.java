// verdict: MLE
// cases: 1
import java.util.ArrayList;
public class Heap {
    public static void main(String[] words) {
        var kept = new ArrayList<byte[]>();
        for (;;) kept.add(new byte[1 << 20]);
    }
}
