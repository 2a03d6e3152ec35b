using System.Xml;

namespace Dmp.Cda;

/// <summary>
/// The names a reader keeps for as long as it reads. A hostile document makes up new ones without end, and they are never
/// given back, so their number is limited.
/// </summary>
internal sealed class BoundedNames(int namesMax) : NameTable
{
    private int count;

    public override string Add(string key) => Get(key) ?? Count(base.Add(key));

    public override string Add(char[] key, int start, int len) => Get(key, start, len) ?? Count(base.Add(key, start, len));

    private string Count(string name) => ++count <= namesMax
        ? name
        : throw new CdaRefusedException(
            CdaFaultKind.TooManyNames, $"The document uses more than {namesMax} different names of elements, attributes and namespaces.");
}
