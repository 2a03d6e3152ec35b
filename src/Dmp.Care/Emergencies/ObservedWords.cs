using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>What was observed, in words.</summary>
internal static class ObservedWords
{
    public static string Of(ObservedValue value) => value.ValueCase switch
    {
        ObservedValue.ValueOneofCase.Code => CodeWords.Of(value.Code, 160),
        ObservedValue.ValueOneofCase.Quantity => CodeWords.Of(value.Quantity)
            + (value.Per is { } per ? " / " + CodeWords.Of(per) : ""),
        ObservedValue.ValueOneofCase.Text => ShownText.Of(value.Text, 160),
        _ => "",
    };

    /// <summary>The number and the unit apart; of anything but one number the whole in words.</summary>
    public static (string Value, string Unit) Parts(ObservedValue value) => value is { Per: null, Quantity: { Single: true, Low: { } low } }
        && low.Value.Length > 0
        ? (ShownText.Of(low.Value, 40), ShownText.Of(CodeWords.Unit(low.Unit), 40))
        : (Of(value), "");
}
