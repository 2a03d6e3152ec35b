using Dmp.Facts.Model;

namespace Dmp.Facts.Reading;

/// <summary>Diseases, symptoms, findings and histories of them (IHE PCC Problem Entry, FR-Probleme).</summary>
internal sealed class ProblemReader(Values values)
{
    public Problem Read(Statement statement)
    {
        var node = statement.Node;
        var value = values.StatedCode(node.Find("value"));
        return new Problem
        {
            Type = values.Code(node.Find("code")),
            Value = value,
            IsNegatedByWords = !Values.IsNegated(node) && value?.Code is null && Words.SayNone(value?.Text ?? values.Words(node.Find("text"))),
            Period = Values.Stretch(node.Find("effectiveTime")),
            Status = values.Attribute(node, Values.StatusCode),
            ConcernState = statement.Around.Where(around => around.Name == "act").Select(Values.State).FirstOrDefault(),
            Severity = values.Attribute(node, Values.SeverityCode),
            Certainty = values.Attribute(node, Values.CertaintyCode),
            Sites = values.Codes(node, "targetSiteCode"),
        };
    }
}
